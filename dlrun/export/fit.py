"""The lines that train: dlrun's order of rows in every epoch, callbacks, one call of `model.fit`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlrun.catalog import keras_entry
from dlrun.export.keras_objects import object_of
from dlrun.export.source import Code, Lines, Unwritable, call

if TYPE_CHECKING:
    from dlrun.config import Config

_PATHS = ("filepath", "filename", "backup_dir", "directory", "log_dir")
ORDERS = '''
def epoch_orders():
    """Yield the order of the training rows in each epoch: seed and epoch decide it."""
    for epoch in range(EPOCHS):
        generator = np.random.Generator(np.random.Philox([SEED, epoch]))
        yield generator.permutation(NUM_ROWS)

'''


def order_lines(config: Config, num_rows: str, tensors: str) -> Lines:
    """Return lines after which `batches` are the batches of all epochs; nothing where rows are not shuffled.

    Args:
        config: The config.
        num_rows: The expression of the number of training rows.
        tensors: The expression of what a batch is taken from: `(x_train, y_train)`.
    """
    assert config.fit is not None
    if not config.fit.shuffle:
        return []
    orders = "tf.data.Dataset.from_generator(epoch_orders, output_signature=tf.TensorSpec([num_rows], tf.int64))"
    return [
        "",
        *ORDERS.replace("NUM_ROWS", "num_rows").splitlines(),
        "",
        "def batches_of(order):",
        '    """Cut an order of rows into batches, of a size that is known where all have the same."""',
        "    batches = tf.data.Dataset.from_tensor_slices(order)",
        "    return batches.batch(BATCH_SIZE, drop_remainder=num_rows % BATCH_SIZE == 0)",
        "",
        "",
        "def take(rows):",
        '    """Return the batch of these rows."""',
        "    return tf.nest.map_structure(lambda tensor: tf.gather(tensor, rows), tensors)",
        "",
        "",
        f"num_rows = {num_rows}",
        f"tensors = tf.nest.map_structure(tf.convert_to_tensor, {tensors})",
        f"orders = {orders}",
        "batches = orders.flat_map(batches_of).map(take)",
        "",
    ]


def fit_lines(config: Config, has_validation: bool, weighted: bool, problems: Unwritable) -> Lines:
    """Return the callbacks and the call of `model.fit`."""
    fit = config.fit
    assert fit is not None
    lines, options = [], dict[str, Any]()
    made = [_callback(spec, problems) for spec in config.callbacks]
    if made:
        lines.append(f"callbacks = [{', '.join(made)},]")
    data: list[Code]
    if fit.shuffle:
        data = [Code("batches")]
        options |= {"shuffle": False, "steps_per_epoch": Code("int(np.ceil(num_rows / BATCH_SIZE))")}
    else:
        data = [Code("x_train"), Code("y_train")]
        options |= {"sample_weight": Code("weights")} if weighted else {}
        options |= {"batch_size": Code("BATCH_SIZE"), "shuffle": False}
    options["epochs"] = Code("EPOCHS")
    if has_validation:
        options["validation_data"] = Code("(x_validation, y_validation)")
        options["validation_batch_size"] = fit.validation_batch_size or Code("BATCH_SIZE")
        options |= {"validation_freq": fit.validation_freq} if fit.validation_freq != 1 else {}
    options |= {"callbacks": Code("callbacks")} if made else {}
    return [*lines, f"history = {call('model.fit', *data, **options, verbose=2)}"]


def _callback(spec: Any, problems: Unwritable) -> Code:
    """Return a callback; what it writes lies in the folder `checkpoints`."""
    entry = keras_entry("callbacks", spec.type)
    defaults = {parameter.name: parameter.default for parameter in entry.parameters} if entry else {}
    if spec.type == "BackupAndRestore":
        problems.add("callbacks", "BackupAndRestore would go on from an earlier start of the script")
    given = {}
    for name in _PATHS:
        value = spec.args.get(name, defaults.get(name))
        if isinstance(value, str):
            given[name] = f"checkpoints/{value}"
    return object_of(spec, "callbacks", problems, **given)
