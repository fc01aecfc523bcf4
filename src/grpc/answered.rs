//! How a service's methods end: alike for every service.

/// The answer of a write, as it was kept: `written!(self, request, do)` calls `self.do`.
macro_rules! written {
    ($self:ident, $request:ident, $do:ident) => {{
        let call = $crate::grpc::admit::Call::of(&$request)?;
        let answer = $self.$do(&call, $request.into_inner()).await;
        let answer = answer.map_err($crate::grpc::status::from)?;
        $crate::grpc::decoded(&answer).map(tonic::Response::new)
    }};
}

/// The answer of a read, alike.
macro_rules! answered {
    ($self:ident, $request:ident, $do:ident) => {{
        let call = $crate::grpc::admit::Call::of(&$request)?;
        let answer = $self.$do(&call, $request.into_inner()).await;
        answer.map(tonic::Response::new).map_err($crate::grpc::status::from)
    }};
}
