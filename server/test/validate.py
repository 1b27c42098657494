"""Validates the files of server/deploy by Kubernetes' schemas and KServe's: `python validate.py FILE...`.
Prints each document as a line of JSON."""
import json
import pathlib
import sys

import jsonschema
import kubernetes_validate
import yaml

VERSION = "1.32"
KSERVE = json.loads((pathlib.Path(__file__).parent / "fixtures" / "kserve.schema.json").read_text())


def check_kubernetes(document):
    kubernetes_validate.validate(document, VERSION, strict=True)


def check_containers(containers):
    """Containers of KServe's resources are Kubernetes' own."""
    check_kubernetes({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, "spec": {"containers": containers}})


for path in sys.argv[1:]:
    for document in yaml.safe_load_all(pathlib.Path(path).read_text()):
        if document["apiVersion"].startswith("serving.kserve.io/"):
            jsonschema.validate(document, KSERVE[document["kind"]])
            spec = document["spec"]
            model = spec.get("predictor", {}).get("model", {})
            check_containers(spec.get("containers", [{"name": "model", "image": "image", "ports": model.get("ports", [])}]))
        else:
            check_kubernetes(document)
        print(json.dumps(document))
