//! Who calls.

use std::sync::Arc;

/// An authenticated caller. The transport makes one out of credentials that were verified; nothing
/// else does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Its name: the subject of its token, or what its certificate stands for. ASCII, at most 64.
    pub principal: Arc<str>,
    /// Whether the service's own settings name it an administrator.
    pub administrator: bool,
}
