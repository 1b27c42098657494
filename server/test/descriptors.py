"""Prints the fields of tritonclient's messages and the calls of its service, as lines of JSON."""
import json

from google.protobuf.descriptor import FieldDescriptor
from tritonclient.grpc import model_config_pb2, service_pb2

SCALARS = {value: name[5:].lower() for name, value in vars(FieldDescriptor).items() if name.startswith("TYPE_")}


def enumeration(descriptor):
    for value in descriptor.values:
        print(json.dumps([f"{descriptor.full_name}.{value.name}", value.number]))


def message(descriptor):
    for field in descriptor.fields:
        named = field.message_type or field.enum_type
        is_map = field.message_type is not None and field.message_type.GetOptions().map_entry
        kind = "map" if is_map else named.full_name if named else SCALARS[field.type]
        repeated = bool(field.is_repeated if hasattr(field, "is_repeated") else field.label == FieldDescriptor.LABEL_REPEATED)
        print(json.dumps([f"{descriptor.full_name}.{field.name}", field.number, kind, repeated]))
    for nested in descriptor.nested_types:
        message(nested)
    for enum in descriptor.enum_types:
        enumeration(enum)


for module in (service_pb2, model_config_pb2):
    for descriptor in module.DESCRIPTOR.message_types_by_name.values():
        message(descriptor)
    for service in module.DESCRIPTOR.services_by_name.values():
        for method in service.methods:
            print(json.dumps([method.full_name, method.input_type.full_name, method.output_type.full_name, method.client_streaming, method.server_streaming]))
    for enum in module.DESCRIPTOR.enum_types_by_name.values():
        enumeration(enum)
