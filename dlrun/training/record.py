"""What a run writes down about itself before and after the epochs."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from dlrun.config.own import packages_for
from dlrun.private import without_secrets
from dlrun.training.results import learn_naive
from dlrun.training.rows import row_numbers

if TYPE_CHECKING:
    from dlrun.config import Config
    from dlrun.data.table import Dataset, Table
    from dlrun.run_dir import RunDir
    from dlrun.training.prepare import Prepared


def write_beginning(run_dir: RunDir, config: Config, prepared: Prepared) -> None:
    """Write config, environment, data and preprocessing, and seal what will be read back.

    What the naive baselines learned goes into data.json, for it is needed to evaluate new rows.
    """
    run_dir.write_text(run_dir.config, without_secrets(config.given))
    write_experiment(run_dir, config, prepared)


def write_experiment(run_dir: RunDir, config: Config, prepared: Prepared) -> None:
    """Write everything of it but the config as given, again if the run goes on as another experiment."""
    from dlrun.config.flat import flat_config
    from dlrun.training.environment import environment_record
    from dlrun.training.experiment import experiment_record

    run_dir.write_text(run_dir.resolved, config.to_yaml())
    run_dir.write_json(
        run_dir.environment,
        without_secrets(environment_record(config.file, packages_for(config))),
    )
    naive = learn_naive(prepared.preprocessor, prepared.dataset.examples["train"])
    run_dir.write_json(run_dir.data, {**data_record(prepared.dataset), "baselines": naive})
    run_dir.write_json(run_dir.preprocessing, prepared.preprocessor.to_json())
    run_dir.write_json(run_dir.experiment, experiment_record(config, prepared))
    given = [run_dir.config] if run_dir.has(run_dir.config) else []  # a run cut off early may have none
    run_dir.update(config=flat_config(config))
    run_dir.seal(*given, run_dir.resolved, run_dir.data, run_dir.preprocessing, run_dir.experiment)


def data_record(dataset: Dataset) -> dict[str, Any]:
    """Return data.json: files with their hashes, columns with their kinds, and which rows each part has."""
    clock = {} if dataset.series is None else {"clock": {"by_calendar": dataset.series.clock.by_calendar}}
    return {
        "files": without_secrets(dataset.files),
        "columns": {
            name: {"dtype": dtype, "kind": dataset.kinds.get(str(name))} for name, dtype in dataset.dtypes.items()
        },
        "features": dataset.features,
        "targets": dataset.targets,
        "rows": {part: len(table) for part, table in dataset.parts.items()},
        "split": {part: rows_hash(table) for part, table in dataset.parts.items()},
        "notes": without_secrets(dataset.notes),
        **clock,
    }


def rows_hash(table: Table) -> str:
    """Return the SHA-256 of the numbers, in the files, of a part's rows, in their order."""
    return hashlib.sha256(row_numbers(table).astype("<i8").tobytes()).hexdigest()
