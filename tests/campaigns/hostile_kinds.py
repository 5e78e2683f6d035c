"""What a stranger can put into a run folder: each kind changes a whole, finished run in a sandbox.

A stranger also makes all hashes agree, so that nothing is refused for them alone.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile

from tests.campaigns.hostile_amounts import ALL, AMOUNTS, LOADING, NONE
from tests.campaigns.hostile_makers import (
    ARRAYS,
    DEEP,
    ESCAPES,
    HUGE,
    MODEL,
    RESOLVED,
    Kind,
    change_arrays,
    change_checkpoint,
    change_json,
    change_layer,
    change_model,
    change_yaml,
    columns,
    data_pipe,
    first,
    folder_is_a_link,
    holding,
    link,
    link_to,
    many_files,
    many_layers,
    names_code,
    nested_model,
    npy,
    odd_names,
    only_step,
    overwrites,
    pickled,
    pipe,
    set_in,
    writing_code,
)

ROW = ("columns", 0)
HEADER = "row,part,ripe,ripe_predicted\n"
WIDE = "epoch" + "".join(f",m{n}" for n in range(200)) + "\n" + ("1" + ",0.5" * 200 + "\n") * 2


KINDS: dict[str, Kind] = {
    # links, pipes, devices
    "the folder is a link": Kind(folder_is_a_link, ALL, sealed=False),
    "resolved.yaml is a link": Kind(link(RESOLVED), ALL),
    "the arrays are a link": Kind(link(ARRAYS), LOADING),
    "checkpoints is a link": Kind(link("checkpoints"), ALL, sealed=False),
    "plots is a link": Kind(link("plots"), ALL, sealed=False),
    "run.json is a link": Kind(link("run.json"), ALL, sealed=False),
    "metrics.json is a link to a secret": Kind(link_to("metrics.json", "/etc/passwd"), ALL),
    "predictions.csv is a link to a device": Kind(link_to("predictions.csv", "/dev/zero"), ALL),
    "history.csv is a pipe": Kind(pipe("history.csv"), NONE),
    "run.json is a pipe": Kind(pipe("run.json"), ALL, sealed=False),
    "resolved.yaml is a pipe": Kind(pipe(RESOLVED), LOADING),
    "the arrays are a pipe": Kind(pipe(ARRAYS), LOADING),
    "metrics.json is a pipe": Kind(pipe("metrics.json"), NONE),
    "config.yaml is a pipe": Kind(pipe("config.yaml"), ("show",)),
    # arrays
    "arrays that are pickles": Kind(change_arrays(pickled), LOADING),
    "an array of 4 TiB": Kind(
        change_arrays(first(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776,), }"))), LOADING
    ),
    "an array of negative size": Kind(
        change_arrays(first(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 6), }"))), LOADING
    ),
    "an array of another type": Kind(
        change_arrays(first(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (5, 6), }", b"\0" * 240))), LOADING
    ),
    "an array of another shape": Kind(
        change_arrays(first(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (6, 5), }", b"\0" * 120))), LOADING
    ),
    "an array in another order": Kind(
        change_arrays(first(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (5, 6), }", b"\0" * 120))), LOADING
    ),
    "an array whose header is code": Kind(
        change_arrays(first(npy("__import__('os').system('touch executed')"))), LOADING
    ),
    "an array whose header is deep": Kind(change_arrays(first(npy("(" * 30000 + ")" * 30000))), LOADING),
    "arrays that are squeezed": Kind(
        change_arrays(first(b"\0" * 200_000_000), compression=zipfile.ZIP_DEFLATED), LOADING
    ),
    "arrays beside the folder": Kind(
        change_arrays(lambda m, box: {f"../../../{name}": content for name, content in m.items()}), LOADING
    ),
    "arrays that are missing": Kind(change_arrays(lambda m, box: {}), LOADING),
    "thirty thousand arrays": Kind(
        change_arrays(lambda m, box: {**m, **{f"{n:05d}.npy": b"" for n in range(30_000)}}), LOADING
    ),
    "arrays that are no zip": Kind(holding(ARRAYS, b"\x89HDF\r\n\x1a\n" + b"\0" * 500), LOADING),
    "arrays that are cut off": Kind(lambda run, box: os.truncate(run / ARRAYS, 400), LOADING),
    "model.keras is a bomb": Kind(
        lambda run, box: (
            change_arrays(first(b"\0" * 10_000_000), compression=zipfile.ZIP_DEFLATED)(run, box)
            or (shutil.move(run / ARRAYS, run / "model.keras") and None)
        ),
        LOADING,
    ),
    # run.json
    "run.json is deep": Kind(holding("run.json", DEEP), ALL, sealed=False),
    "run.json holds NaN": Kind(holding("run.json", '{"state": NaN, "sha256": {}}'), ALL, sealed=False),
    "run.json holds a huge number": Kind(change_json("run.json", set_in("created", value=HUGE)), ALL, sealed=False),
    "run.json holds odd types": Kind(
        change_json("run.json", lambda r: {"state": ["x"], "created": {"a": 1}, "name": 7, "sha256": [1], "phase": []}),
        LOADING,
        sealed=False,
    ),
    "run.json is a list": Kind(holding("run.json", "[1, 2]"), ALL, sealed=False),
    "run.json is empty": Kind(holding("run.json", ""), ALL, sealed=False),
    "run.json is no text": Kind(holding("run.json", b"\xff\xfe\x00"), ALL, sealed=False),
    "run.json seals files outside": Kind(
        change_json("run.json", lambda r: r["sha256"].update({"../../outside/canary": "0" * 64, "/etc/passwd": "0"})),
        ("show",),
        sealed=False,
    ),
    "run.json holds escapes": Kind(
        change_json("run.json", lambda r: r.update(created=ESCAPES, state=ESCAPES, reason=ESCAPES)), NONE, sealed=False
    ),
    "run.json is of the year 1": Kind(
        change_json("run.json", set_in("created", value="0001-01-01T00:00:00")), NONE, sealed=False
    ),
    "run.json has odd tags": Kind(
        change_json("run.json", lambda r: r.update(tags={"a": [1]}, note=[ESCAPES])), NONE, sealed=False
    ),
    # metrics.json, history.csv, predictions.csv
    "metrics.json holds odd types": Kind(change_json("metrics.json", set_in("test", value={"accuracy": ["x"]})), NONE),
    "metrics.json holds a huge number": Kind(change_json("metrics.json", set_in("test", "loss", value=10**400)), NONE),
    "metrics.json is deep": Kind(holding("metrics.json", DEEP), NONE),
    "metrics.json is a text": Kind(holding("metrics.json", '"x"'), NONE),
    "metrics.json has parts that are none": Kind(
        change_json("metrics.json", lambda m: m.update(train=3, rows="x", baseline=[], parameters={})), NONE
    ),
    "metrics.json holds escapes": Kind(change_json("metrics.json", lambda m: m["test"].update({ESCAPES: 0.5})), NONE),
    "predictions.csv holds formulas": Kind(holding("predictions.csv", HEADER + "1,test,=1+1,'=2\n"), NONE),
    "predictions.csv is ragged": Kind(holding("predictions.csv", HEADER + "1,test\n2,a,b,c,d,e\n"), NONE),
    "predictions.csv has one column": Kind(holding("predictions.csv", "ripe_predicted\n1\n"), NONE),
    "predictions.csv has columns twice": Kind(holding("predictions.csv", "row,row,part,part\n1,1,test,test\n"), NONE),
    "predictions.csv has 2,000 classes": Kind(holding("predictions.csv", columns(2000)), NONE),
    "predictions.csv holds escapes": Kind(
        holding("predictions.csv", f"row,part,ripe,ripe_predicted\n1,test,{ESCAPES!r},$\\frac{{\n2,test,b,c\n"), NONE
    ),
    "predictions.csv has a cell of 5 MB": Kind(
        holding("predictions.csv", "row,part,ripe,ripe_predicted\n1,test,a," + "x" * 5_000_000 + "\n"), NONE
    ),
    "history.csv is ragged": Kind(holding("history.csv", "epoch,loss\n1\n2,3,4\nx,y\n"), NONE),
    "history.csv has no epochs": Kind(holding("history.csv", "loss,val_loss\n0.5,0.5\n"), NONE),
    "history.csv holds what is no number": Kind(
        holding("history.csv", f"epoch,loss\n1,nan\n2,1e999\n{HUGE},0.5\n4,{HUGE}\n"), NONE
    ),
    "history.csv has 200 metrics": Kind(holding("history.csv", WIDE), NONE),
    "history.csv holds escapes": Kind(holding("history.csv", f"epoch,loss,{ESCAPES!r}\n1,0.5,0.5\n"), NONE),
    # resolved.yaml
    "the config names code": Kind(names_code, LOADING),
    "the config has a Lambda": Kind(change_yaml(("- Dense:", "- Lambda: {function: os.system}\n- Dense:")), LOADING),
    "the config loads a saved model": Kind(
        change_yaml(("- Dense:", "- TFSMLayer: {filepath: BOX/outside}\n- Dense:")), LOADING
    ),
    "the config reads a vocabulary": Kind(
        change_yaml(("- Dense:", "- StringLookup: {vocabulary: /etc/passwd}\n- Dense:")), LOADING
    ),
    "the config extends a file": Kind(change_yaml(("^", "extends: BOX/outside/canary\n")), LOADING),
    "the config asks for the environment": Kind(change_yaml(("name: .*", "name: ${env:DLRUN_CANARY}")), LOADING),
    "the config has a URL": Kind(change_yaml(("source: .*", "source: ['http://127.0.0.1:9/x.csv']")), LOADING),
    "the config names a device": Kind(
        change_yaml(("source: .*", "source: [/dev/zero]")), ("evaluate",), allowed=(3, 4)
    ),
    "the config names a pipe": Kind(data_pipe, ("evaluate",), allowed=(3, 4)),
    "the config names a folder": Kind(change_yaml(("source: .*", "source: [/etc]")), ("evaluate",), allowed=(3, 4)),
    "the config names a pickle": Kind(
        change_yaml(("source: .*", "source: [BOX/outside/x.pkl]")), ("evaluate",), allowed=(3, 4)
    ),
    "the network is huge": Kind(change_yaml((r"units: 6", "units: 2000000000")), LOADING),
    "the network is deep": Kind(
        change_yaml((r"- Dense:", "- repeat: {times: 1000000000, layers: [{Dense: 6}]}\n- Dense:")), LOADING
    ),
    "a hidden huge network": Kind(change_yaml((r"- Dense:", "- Reshape: [5, 1]\n- LSTM: 60000\n- Dense:")), LOADING),
    "the config has aliases": Kind(change_yaml(("^", "vars: {a: &a [1, 1], b: [*a, *a]}\n")), LOADING),
    "the config is deep": Kind(holding(RESOLVED, "layers: " + "[" * 200_000), LOADING),
    "the config is no text": Kind(holding(RESOLVED, b"\xff\xfe"), LOADING),
    "a callback writes elsewhere": Kind(
        change_yaml(("^", "callbacks: [{ModelCheckpoint: {filepath: ../../../outside/x.keras}}]\n")), LOADING
    ),
    "config.yaml holds escapes": Kind(holding("config.yaml", f"name: {ESCAPES}\n"), NONE),
    # preprocessing.json and data.json
    "preprocessing.json has wrong lengths": Kind(
        change_json("preprocessing.json", set_in(*ROW, "names", value=["무게", "sugar", "colour", "x"])), LOADING
    ),
    "preprocessing.json has a huge shape": Kind(
        change_json("preprocessing.json", set_in(*ROW, "shape", value=[10**12])), LOADING
    ),
    "preprocessing.json has an unknown step": Kind(only_step("os.system"), LOADING),
    "preprocessing.json has a Lambda": Kind(only_step("Lambda", function="x"), LOADING),
    "preprocessing.json hashes to a billion": Kind(only_step("hash", num_buckets=10**9), LOADING),
    "preprocessing.json holds NaN": Kind(holding("preprocessing.json", '{"version": 1, "features": NaN}'), LOADING),
    "preprocessing.json is deep": Kind(holding("preprocessing.json", DEEP), LOADING),
    "preprocessing.json is a number": Kind(holding("preprocessing.json", "7"), LOADING),
    "preprocessing.json has odd types": Kind(change_json("preprocessing.json", lambda p: {k: [p] for k in p}), LOADING),
    "preprocessing.json has other targets": Kind(
        change_json("preprocessing.json", set_in("targets", value={})), LOADING
    ),
    "data.json is a list": Kind(holding("data.json", "[]"), ("evaluate",)),
    "data.json has odd types": Kind(
        change_json("data.json", lambda d: {**d, "files": "x", "baselines": [1], "split": 3}), ("evaluate",)
    ),
    # checkpoints and experiment.json
    "a checkpoint names the file to overwrite": Kind(overwrites, NONE),
    "a checkpoint is of epoch x": Kind(change_checkpoint(set_in("state", "epoch", value="x")), NONE),
    "a checkpoint is of epoch -1": Kind(change_checkpoint(set_in("state", "epoch", value=-1)), NONE),
    "a checkpoint has no state": Kind(change_checkpoint(set_in("state", value=[])), NONE),
    "a checkpoint has an empty state": Kind(change_checkpoint(set_in("state", value={})), NONE),
    "a checkpoint has odd callbacks": Kind(
        change_checkpoint(set_in("state", "callbacks", value=[7, {"type": []}])), NONE
    ),
    "a checkpoint has odd logs": Kind(
        change_checkpoint(set_in("state", "logs", value={"kind": "dict", "value": [[[], 1]]})), NONE
    ),
    "a checkpoint has deep logs": Kind(
        change_checkpoint(lambda c: c["state"].update(logs=json.loads("[" * 450 + "]" * 450))), NONE
    ),
    "a checkpoint has an odd history": Kind(
        change_checkpoint(set_in("state", "history", value='epoch,"loss\n1,2,3')), NONE
    ),
    "a checkpoint has arrays of objects": Kind(
        change_checkpoint(set_in("arrays", "variables", 0, value=["O", [1]])), NONE
    ),
    "a checkpoint has an array of 4 TiB": Kind(
        change_checkpoint(set_in("arrays", "variables", 0, value=["float32", [2**40]])), NONE
    ),
    "experiment.json is a list": Kind(holding("checkpoints/experiment.json", "[]"), NONE),
    "experiment.json has odd types": Kind(
        change_json("checkpoints/experiment.json", lambda e: {**e, "data": {"files": [[{}, []]]}, "code": 3}), NONE
    ),
    "experiment.json is deep": Kind(
        change_json("checkpoints/experiment.json", lambda e: e["config"].update(x=json.loads("[" * 450 + "]" * 450))),
        NONE,
    ),
    # model.keras, for import and export
    "model.keras is a link": Kind(link(MODEL), ("import",), allowed=(2,)),
    "model.keras is a pipe": Kind(pipe(MODEL), ("import",), allowed=(2,)),
    "model.keras is a pickle": Kind(holding(MODEL, b"cos\nsystem\n(S'true'\ntR."), ("import",), allowed=(2,)),
    "model.keras is deep": Kind(change_model(lambda m: DEEP), ("import",), allowed=(2,)),
    "model.keras holds NaN": Kind(
        change_model(lambda m: json.dumps(m)[:-1] + ', "x": NaN}'), ("import",), allowed=(2,)
    ),
    "model.keras holds a huge number": Kind(
        change_model(lambda m: json.dumps(m).replace('"units": 6', f'"units": {HUGE}')), ("import",), allowed=(2,)
    ),
    "model.keras is a list": Kind(change_model(lambda m: [m]), ("import",), allowed=(2,)),
    "model.keras has odd types": Kind(
        change_model(lambda m: {**m, "config": {"layers": 7, "name": [], "input_layers": {}}}),
        ("import",),
        allowed=(2,),
    ),
    "model.keras has odd layers": Kind(change_model(set_in("config", "layers", value=[7, None, [], {}])), NONE),
    "model.keras has odd arguments": Kind(change_layer(config={"units": {"a": [1]}, "activation": [[]]}), NONE),
    "model.keras has a Lambda": Kind(
        change_layer(class_name="Lambda", config={"function": ["4wEAAAAAAAAA", None, None]}), NONE
    ),
    "model.keras names a module": Kind(change_layer(module="os", class_name="system", registered_name="x"), NONE),
    "model.keras is a model in a model": Kind(change_model(nested_model), ("import",), allowed=(2,)),
    "model.keras has 200,000 layers": Kind(change_model(many_layers), NONE),
    "model.keras is squeezed": Kind(change_model(lambda m: " " * 200_000_000), ("import",), allowed=(2,)),
    "model.keras holds escapes": Kind(
        change_model(lambda m: json.dumps(m).replace('"dense"', json.dumps(ESCAPES))), NONE
    ),
    # code of the user's own, for explain
    "code that is a link": Kind(link("mine.py"), NONE),
    "code that is a pipe": Kind(pipe("mine.py"), ("explain",), allowed=(2,)),
    "code that writes elsewhere": Kind(writing_code, NONE),
    "code that is deep": Kind(holding("mine.py", "(" * 100_000), ("explain",), allowed=(2,)),
    "code that is very deep": Kind(holding("mine.py", "x = " + "-" * 100_000 + "1\nclass Mine: pass\n"), NONE),
    "code that holds NUL": Kind(holding("mine.py", "class Mine: pass\n\0"), ("explain",), allowed=(2,)),
    "code that is no text": Kind(holding("mine.py", b"\xff\xfe\0"), ("explain",), allowed=(2,)),
    "code that holds escapes": Kind(
        holding(
            "mine.py", f"import keras\nclass Mine(keras.layers.Layer):\n    {ESCAPES.encode('unicode_escape')!r}\n"
        ),
        NONE,
    ),
    # names
    "names with escapes": Kind(odd_names, NONE),
    "thousands of files": Kind(many_files, NONE),
    **AMOUNTS,
}
