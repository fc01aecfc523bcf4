"""Explains one published result: asks a running Steelyard over gRPC, by reflection.

    pip install grpcio grpcio-reflection
    TOKEN=$(cat demo-county/steelyard.db-keys/administrator.token) \\
        python3 examples/explain.py 127.0.0.1:50051 xinping.member-dual-score 2022 m-00001
"""

import os
import sys

import grpc
from google.protobuf import descriptor_pool, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

COUNTY = "xinping"


class Bearer(grpc.UnaryUnaryClientInterceptor, grpc.StreamStreamClientInterceptor):
    """Puts the caller's token into every call, reflection's too."""

    def __init__(self, token):
        self.metadata = (("authorization", f"Bearer {token}"),)

    def intercept_unary_unary(self, continuation, details, request):
        return continuation(details._replace(metadata=self.metadata), request)

    intercept_stream_stream = intercept_unary_unary


def unary(channel, service, method, **fields):
    """Calls a method that the server describes, and returns its answer."""
    pool = descriptor_pool.DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
    described = pool.FindServiceByName(service).FindMethodByName(method)
    request = message_factory.GetMessageClass(described.input_type)
    answer = message_factory.GetMessageClass(described.output_type)
    call = channel.unary_unary(
        f"/{service}/{method}",
        request_serializer=request.SerializeToString,
        response_deserializer=answer.FromString,
    )
    return call(request(**fields))


def show(node, depth=0):
    """Prints a node of the explanation, and those below it."""
    value = node.value.shown.value or "—"
    of = f" / {node.out_of.value}" if node.out_of.value else ""
    print(f"{'  ' * depth}{node.title or node.id} = {value}{of}    {node.how.zh}")
    for child in node.children:
        show(child, depth + 1)


def main():
    address, scheme, period, subject = sys.argv[1:5]
    with grpc.insecure_channel(address) as plain:
        channel = grpc.intercept_channel(plain, Bearer(os.environ["TOKEN"]))
        answer = unary(
            channel,
            "steelyard.v1.EvaluationService",
            "ExplainResult",
            county=COUNTY,
            run={"published": {"scheme_id": scheme, "period": period}},
            subject_id=subject,
        )
    show(answer.root)
    for step in answer.steps:
        print(f"→ {step.how.zh}")


if __name__ == "__main__":
    main()
