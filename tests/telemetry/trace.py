"""Calls of a plain grpcio client that carry a trace: `trace.py ADDRESS TRACEPARENT METADATA CALL...`

METADATA is a JSON object of what every call carries besides. Each CALL is a path and a message in
hexadecimal digits: `/steelyard.v1.FactService/ListFacts=0a07...`. For each, the code of its status is
printed.
"""

import json
import sys

import grpc


def main():
    address, parent, metadata, *calls = sys.argv[1:]
    metadata = [("traceparent", parent), ("tracestate", "vendor=1"), *json.loads(metadata).items()]
    with grpc.insecure_channel(address) as channel:
        grpc.channel_ready_future(channel).result(timeout=60)
        for call in calls:
            path, message = call.split("=")
            same = lambda it: it
            method = channel.unary_unary(path, request_serializer=same, response_deserializer=same)
            try:
                method(bytes.fromhex(message), metadata=metadata, timeout=60)
                print("OK")
            except grpc.RpcError as error:
                print(error.code().name)


main()
