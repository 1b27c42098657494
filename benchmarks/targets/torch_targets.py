"""The targets of PyTorch, for target.py."""

import torch


def load_module(case, device):
    """The model as a torch module: from a file, or one node, or the MLP of its weights."""
    if "torch" in case:
        try:
            return torch.jit.load(case["torch"], map_location=device).eval()
        except RuntimeError:
            return torch.load(case["torch"], map_location=device, weights_only=False).eval()
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError:
        raise RuntimeError("Python has no onnx to read the weights with") from None
    graph = onnx.load(case["path"]).graph
    weights = {one.name: torch.tensor(numpy_helper.to_array(one)).to(device) for one in graph.initializer}
    kinds = [node.op_type for node in graph.node]
    if kinds == ["Add"]:
        return lambda x: x + weights["one"]
    if set(kinds) != {"Gemm", "Relu"}:
        raise RuntimeError("no torch module of this model is given (--torch FILE)")

    def mlp(x):
        for i in range(len(kinds) // 2):
            x = torch.relu(torch.addmm(weights[f"bias{i}"], x, weights[f"weight{i}"]))
        return x

    return mlp


def start(case, form, arrays, device):
    """A call, and a function from its result to the first output."""
    inputs = [torch.from_numpy(data) for data in arrays]
    return start_cpu(case, form, inputs) if case["device"] == "cpu" else start_gpu(case, form, inputs, device)


def start_cpu(case, form, inputs):
    torch.set_num_threads(case["threads"])
    module = load_module(case, "cpu")
    module = torch.compile(module) if form == "compile" else module

    @torch.inference_mode()
    def call():
        with torch.autocast("cpu", torch.bfloat16, enabled=form == "autocast"):
            return module(*inputs)

    return call, lambda result: result.float().numpy()


# In a rehearsal the device is the CPU, which has nothing to pin or to wait for.


def pin(tensor, device):
    return tensor.pin_memory() if device == "cuda" else tensor


def waiter(device):
    return torch.cuda.current_stream().synchronize if device == "cuda" else lambda: None


def start_gpu(case, form, arrays, device):
    """From pinned tensors to pinned tensors; `replay` copies nothing."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = case["useTf32"]
    captures = form in ("graph", "replay")
    if captures and device == "cpu":
        raise RuntimeError("the CPU has no graphs")
    if form == "compile" and "torch" not in case:
        raise RuntimeError("torch.compile takes long: it is for a model of --torch")
    module = load_module(case, device)
    if form == "compile":
        # Otherwise torch compiles a second shape for any shape, which is slower.
        torch._dynamo.reset()
        module = torch.compile(module, mode="reduce-overhead")
    given = [pin(tensor, device) for tensor in arrays]
    inputs = [tensor.to(device, copy=True) for tensor in given]
    synchronize = waiter(device)

    def forward():
        results = module(*inputs)
        if isinstance(results, dict):
            results = tuple(results.values())
        return results if isinstance(results, (tuple, list)) else (results,)

    with torch.inference_mode():
        results = forward()
        host = [pin(torch.empty_like(result, device="cpu"), device) for result in results]
    run = forward
    if captures:
        side = torch.cuda.Stream()
        with torch.inference_mode(), torch.cuda.stream(side):
            for _ in range(3):
                forward()
        side.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.inference_mode(), torch.cuda.graph(graph):
            results = forward()

        def run():
            graph.replay()
            return results

    @torch.inference_mode()
    def call():
        if form == "replay":
            run()
        else:
            for tensor, data in zip(inputs, given):
                tensor.copy_(data, non_blocking=True)
            for tensor, result in zip(host, run()):
                tensor.copy_(result, non_blocking=True)
        synchronize()

    return call, lambda _: (results[0].cpu() if form == "replay" else host[0]).numpy()


def copy_call(direction, size, rehearsal):
    """A copy between pinned and GPU memory."""
    where = "cpu" if rehearsal else "cuda"
    host = torch.zeros(size, dtype=torch.uint8)
    device = host.to(where, copy=True)
    host = pin(host, where)
    source, target = (host, device) if direction == "in" else (device, host)
    synchronize = waiter(where)

    def call():
        target.copy_(source, non_blocking=True)
        synchronize()

    return call
