//! Stages before a service of the test.
