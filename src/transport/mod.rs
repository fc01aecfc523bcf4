//! Connections, and what every call passes before it comes to a handler and after it left one.
//!
//! The connections are served by hyper itself: the accept loop, the idle rule and the cutting of
//! answers that nobody reads need the connection, and the `Server` of tonic holds its own reading of
//! `grpc-timeout` outside every layer.

mod counted;
mod elements;
mod io;
pub mod layers;
mod limits;
mod listen;
mod methods;
mod phase;
mod refusal;
mod streams;
mod tls;

pub use layers::{Authenticate, Call, Open, Stage, Staged, stack};
pub use limits::{Deadlines, Limits};
pub use listen::{Listening, Peer, serve};
pub use methods::{Method, Methods, MethodsError};
pub use phase::{Phase, Phases};
pub use tls::{Tls, TlsError};
