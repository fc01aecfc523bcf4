"""Asks a running service for every fault of a scheme document. Needs `pip install grpcio grpcio-reflection`.

TOKEN=$(cat steelyard.db-keys/administrator.token) python3 docs/example/check.py docs/example/faulty.yaml [ADDRESS:PORT]
"""
import os
import sys

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase



class Bearer(grpc.UnaryUnaryClientInterceptor, grpc.StreamStreamClientInterceptor):
    """Puts the caller's token into every call, reflection's too."""

    def intercept_unary_unary(self, continuation, details, request):
        token = (("authorization", "Bearer " + os.environ["TOKEN"]),)
        return continuation(details._replace(metadata=token), request)

    intercept_stream_stream = intercept_unary_unary


plain = grpc.insecure_channel(sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1:50051")
channel = grpc.intercept_channel(plain, Bearer())
pool = DescriptorPool(ProtoReflectionDescriptorDatabase(channel))
method = pool.FindServiceByName("steelyard.v1.SchemeService").FindMethodByName("CheckScheme")
request = message_factory.GetMessageClass(method.input_type)
response = message_factory.GetMessageClass(method.output_type)
check = channel.unary_unary(
    "/steelyard.v1.SchemeService/CheckScheme", request.SerializeToString, response.FromString)
with open(sys.argv[1], "rb") as document:
    answer = check(request(document=document.read()))
for fault in answer.faults:
    print("%d:%d %s %s %s" % (fault.line, fault.column, fault.code, fault.path, fault.text.zh))
print("publishable" if answer.publishable else "not publishable")
