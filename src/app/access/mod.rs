//! Who may do what: roles over parts of a county, held by grants that are facts like any other.
//!
//! A call names its caller and what its method asks; [`App::permit`] answers with a [`Permit`], the
//! proof that use cases of one object ask for again: `permit.covers(&placed)`. "Not yours" and "does
//! not exist" are one answer, [`AppError::Denied`].

mod duties;
mod grants;
mod keep;
mod permit;
mod place;
mod role;

pub use duties::{Duty, separate};
pub use grants::{DefineRole, Grant, GrantFilter, GrantRole, NamedRole, RevokeRole};
pub(super) use keep::Cache;
pub use keep::Kept;
pub use permit::Permit;
pub use place::{Node, Placed, places, stated};
pub use role::{FieldGroup, Permission, Role, Scope, builtin};

use super::{App, AppError, Caller};

impl App {
    /// Whether a caller holds a permission in a county, over as much of it as is asked for.
    ///
    /// # Errors
    /// [`AppError::Denied`], and those of the store.
    pub async fn permit(
        &self,
        caller: &Caller,
        county: &str,
        permission: Permission,
        scope: Scope,
        fresh: bool,
    ) -> Result<Permit, AppError> {
        let kept = self.held(caller, county, fresh).await?;
        let permit = Permit::of(caller, county, permission, &kept);
        let enough = match scope {
            Scope::Caller => true,
            Scope::Part | Scope::Subtree => permit.reaches_anything(),
            Scope::County => permit.whole_county(),
        };
        if enough { Ok(permit) } else { Err(AppError::Denied) }
    }
}
