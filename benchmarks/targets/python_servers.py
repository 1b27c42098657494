"""The servers that bench:server compares with: `python_servers.py fastapi|kserve NAME MODEL PORT GRPC_PORT`, or `probe`.

Both answer /v2/models/NAME/infer, with JSON and with binary tensors, on one thread of ONNX Runtime.
"""
import sys

import numpy as np
import onnxruntime

DTYPES = {"FP32": np.float32, "INT64": np.int64}
NAMES = {"tensor(float)": "FP32", "tensor(int64)": "INT64"}


def open_session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def serve_fastapi(name, path, port):
    """As little as FastAPI needs: no models of pydantic, orjson, no thread pool."""
    import orjson
    import uvicorn
    from fastapi import FastAPI, Request, Response

    session = open_session(path)
    output = session.get_outputs()[0]
    app = FastAPI()

    @app.get("/v2/health/ready")
    async def ready():
        return Response()

    @app.post(f"/v2/models/{name}/infer")
    async def infer(request: Request):
        body = await request.body()
        length = int(request.headers.get("inference-header-content-length", len(body)))
        asked = orjson.loads(body[:length])
        feeds, at = {}, length
        for one in asked["inputs"]:
            dtype, size = DTYPES[one["datatype"]], one.get("parameters", {}).get("binary_data_size")
            if size is None:
                feeds[one["name"]] = np.array(one["data"], dtype).reshape(one["shape"])
            else:
                feeds[one["name"]] = np.frombuffer(body, dtype, size // dtype().itemsize, at).reshape(one["shape"])
                at += size
        result = session.run(None, feeds)[0]
        described = {"name": output.name, "datatype": NAMES[output.type], "shape": result.shape}
        answer = {"model_name": name, "model_version": "1", "outputs": [described]}
        if at == length:
            described["data"] = result.ravel().tolist()
            return Response(orjson.dumps(answer), media_type="application/json")
        data = result.tobytes()
        described["parameters"] = {"binary_data_size": len(data)}
        header = orjson.dumps(answer)
        headers = {"Inference-Header-Content-Length": str(len(header))}
        return Response(header + data, media_type="application/octet-stream", headers=headers)

    uvicorn.run(app, host="127.0.0.1", port=port, loop="uvloop", http="httptools", access_log=False, log_level="error")


def serve_kserve(name, path, port, grpc_port):
    import logging

    from kserve import InferOutput, InferResponse, Model, ModelServer

    class Served(Model):
        def load(self):
            self.session = open_session(path)
            self.ready = True

        async def predict(self, payload, headers=None, response_headers=None):
            feeds = {one.name: one.as_numpy() for one in payload.inputs}
            result = self.session.run(None, feeds)[0]
            output = self.session.get_outputs()[0]
            binary = payload.use_binary_outputs
            out = InferOutput(output.name, list(result.shape), NAMES[output.type])
            out.set_data_from_numpy(result, binary_data=binary or payload.from_grpc)
            return InferResponse(payload.id or "", name, [out], use_binary_outputs=binary, from_grpc=payload.from_grpc)

    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    model = Served(name)
    model.load()
    ModelServer(http_port=port, grpc_port=grpc_port, enable_latency_logging=False).start([model])


if sys.argv[1] == "probe":
    from importlib.metadata import version

    import fastapi, kserve, orjson, uvicorn  # noqa: E401, F401

    for package in ("fastapi", "kserve", "onnxruntime", "uvicorn"):
        print(package, version(package))
elif sys.argv[1] == "fastapi":
    serve_fastapi(*sys.argv[2:4], int(sys.argv[4]))
else:
    serve_kserve(*sys.argv[2:4], int(sys.argv[4]), int(sys.argv[5]))
