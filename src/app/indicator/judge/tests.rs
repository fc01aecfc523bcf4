//! Every indicator in every outcome.
