"""The lines that score every part with scikit-learn, in the target's own unit, beside Keras's own loss and metrics."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dlrun.config.heads import Head, loss_class
from dlrun.data.names import column_name
from dlrun.evaluation.outputs import gives_probabilities
from dlrun.export.facts import Facts
from dlrun.export.labels import Labels
from dlrun.export.source import Lines, Unwritable, literal, select
from dlrun.export.windows import has_segments

if TYPE_CHECKING:
    from dlrun.config import Config

_REGRESSION = (
    ("rmse", "root_mean_squared_error"),
    ("mae", "mean_absolute_error"),
    ("r2", "r2_score"),
)


class Scores:
    """Writes the scores.

    Args:
        config: The config.
        facts: Facts about its data.
        labels: What writes the labels.
        problems: Takes what cannot be written.
    """

    def __init__(self, config: Config, facts: Facts, labels: Labels, problems: Unwritable) -> None:
        self.config = config
        self.facts = facts
        self.labels = labels
        self.problems = problems
        self.several = sum(len(head.targets) for head in labels.heads) > 1

    def lines(self) -> Lines:
        """Return the function `evaluate`, and lines that print the scores of all parts."""
        fit, windowed = self.config.fit, self.config.preprocessing.window is not None
        assert fit is not None
        batch = str(fit.validation_batch_size) if fit.validation_batch_size else "BATCH_SIZE"
        body = [
            "found = model.evaluate(x, y, batch_size=" + batch + ", verbose=0, return_dict=True)",
            f"predicted = model.predict(x, batch_size={self._rows_at_once()}, verbose=0)",
        ]
        for head in self.labels.heads:
            body += self._of_head(head)
        body.append("return found")
        parts = [f"{literal(part)}: evaluate({self._given(part, windowed)})" for part in self.facts.parts]
        forecasts = windowed and any(head.task == "regression" for head in self.labels.heads)
        return [
            *([*self._changes(), *self._forecast_function()] if forecasts else []),
            "",
            "",
            "def evaluate(rows, x, y):",
            '    """Return the scores of some rows, by name."""',
            *(f"    {line}" for line in body),
            "",
            "",
            f"scores = {{{', '.join(parts)},}}",
            "print(pd.DataFrame(scores).T.to_string())",
            *self._report(windowed),
        ]

    def _rows_at_once(self) -> int:
        """Return how many rows dlrun predicts at once; with as many, predictions are the same to the last bit."""
        from dlrun.training.forward import rows_in_batch

        fit, window = self.config.fit, self.config.preprocessing.window
        assert fit is not None
        floats = sum(math.prod(shape) for shape, _ in self.facts.shapes.values())
        return rows_in_batch(floats * (window.length if window is not None else 1), fit.batch_size)

    @staticmethod
    def _given(part: str, windowed: bool) -> str:
        return f"*examples({literal(part)})" if windowed else f"{part}, x_{part}, y_{part}"

    def _of_head(self, head: Head) -> Lines:
        raw = f"predicted[{literal(head.output)}]" if head.output else "predicted"
        if head.task == "regression":
            return self._regression(head, raw)
        return self._binary(head, raw) if head.task == "binary" else self._multiclass(head, raw)

    def _key(self, target: str, name: str) -> str:
        return literal(f"{target}.{name}" if self.several else name)

    def _regression(self, head: Head, raw: str) -> Lines:
        names = [column_name(name) for name in head.targets]
        windowed = self.config.preprocessing.window is not None
        shaped = f".reshape(-1, {len(names)})" if windowed else ""
        scaler = self.labels.scaler(head)
        answer = f'{raw}.astype("float64"){shaped}'
        lines = [f"answer = {f'{scaler}.inverse_transform({answer})' if scaler else answer}"]
        if len(names) == 1:
            lines.append(f"true = {select('rows', names)}.to_numpy()")
            return lines + self._numbers(names[0], "true", "answer")
        for place, name in enumerate(names):
            lines += self._numbers(name, f"rows[{literal(name)}]", f"answer[:, {place}]")
        return lines

    def _numbers(self, target: str, true: str, answer: str) -> Lines:
        if self.config.preprocessing.window is not None:
            return self._forecasts(target, true, answer)
        return [
            *(f"found[{self._key(target, name)}] = {function}({true}, {answer})" for name, function in _REGRESSION),
            f"if ({true} != 0).all():  # else it is not defined",
            f"    found[{self._key(target, 'mape')}] = mean_absolute_percentage_error({true}, {answer})",
        ]

    def _forecasts(self, target: str, true: str, answer: str) -> Lines:
        """Return lines that score the forecasts of a target, with a longer horizon by steps ahead, too."""
        window = self.config.preprocessing.window
        before = f"{target}." if self.several else ""
        lines = [
            f"changes = changes_of({literal(target)})",
            f"own = forecast_scores({true}, {answer}, changes)",
            f"found |= {{{literal(before)} + key: value for key, value in own.items()}}" if before else "found |= own",
        ]
        if window is None or window.horizon == 1:
            return lines
        true, answer = (f"np.reshape({values}, (-1, HORIZON))[:, ahead]" for values in (f"np.asarray({true})", answer))
        key = f'{literal(before)} + f"{{key}}.{{ahead + 1}}"' if before else 'f"{key}.{ahead + 1}"'
        return [
            *lines,
            "for ahead in range(HORIZON):",
            f"    own = forecast_scores({true}, {answer}, changes)",
            f"    found |= {{{key}: value for key, value in own.items()}}",
        ]

    @staticmethod
    def _forecast_function() -> Lines:
        """Return the function `forecast_scores`."""
        return [
            "",
            "",
            "def forecast_scores(true, answer, changes):",
            '    """Return the scores of forecasts, some in units of the target\'s own size or changes."""',
            "    found = {",
            *(f'    "{name}": {function}(true, answer),' for name, function in _REGRESSION),
            "    }",
            "    if (true != 0).all():  # else it is not defined",
            '        found["mape"] = mean_absolute_percentage_error(true, answer)',
            "    size = np.maximum(np.abs(true) + np.abs(answer), 1e-300)",
            '    found["smape"] = float(np.mean(2 * np.abs(answer - true) / size))',
            '    found["mase"] = found["mae"] / np.abs(changes).mean()',
            '    found["rmsse"] = found["rmse"] / np.sqrt((changes**2).mean())',
            "    return found",
        ]

    def _changes(self) -> Lines:
        """Return the function `changes_of`."""
        segmented = has_segments(self.config)
        changes = "np.diff(data[name].to_numpy()[used])"
        within = f"{changes}[np.diff(segment[used]) == 0]" if segmented else changes
        return [
            "",
            "",
            "def changes_of(name):",
            '    """Return the changes of a target from one training row to the next."""',
            '    used = np.unique(label_rows[(part[label_rows] == "train").all(axis=1)])',
            f"    return {within}",
        ]

    def _binary(self, head: Head, raw: str) -> Lines:
        probabilities = gives_probabilities(head)
        value = f'{raw}.astype("float64")'
        if probabilities and head.loss.args.get("from_logits"):
            value = f"1 / (1 + np.exp(-{value}))"
        cut = self.config.evaluate.threshold if probabilities else 0.0
        lines = [f"values = {value}", f"guess = values >= {literal(cut)}"]
        truth = f"y[{literal(head.output)}]" if head.output else "y"
        lines.append(f"true = np.reshape({truth}, (-1, {len(head.targets)}))")
        for place, target in enumerate(head.targets):
            of = f"[:, {place}]"
            made = {
                "accuracy": f"accuracy_score(true{of}, guess{of})",
                "precision": f"precision_score(true{of}, guess{of}, zero_division=0)",
                "recall": f"recall_score(true{of}, guess{of}, zero_division=0)",
                "f1": f"f1_score(true{of}, guess{of}, zero_division=0)",
                "macro_f1": f'f1_score(true{of}, guess{of}, average="macro", zero_division=0)',
                "weighted_f1": f'f1_score(true{of}, guess{of}, average="weighted", zero_division=0)',
                "roc_auc": f"roc_auc_score(true{of}, values{of})",
                "pr_auc": f"average_precision_score(true{of}, values{of})",
            }
            made |= {"log_loss": f"log_loss(true{of}, values{of})"} if probabilities else {}
            lines += [f"found[{self._key(target, name)}] = {code}" for name, code in made.items()]
        return lines

    def _multiclass(self, head: Head, raw: str) -> Lines:
        target, truth = head.targets[0], f"y[{literal(head.output)}]" if head.output else "y"
        probabilities = gives_probabilities(head)
        lines = [f'values = {raw}.astype("float64")']
        if probabilities and head.loss.args.get("from_logits"):
            lines += ["values = np.exp(values - values.max(axis=1, keepdims=True))"]
        if probabilities:
            lines += ["values /= values.sum(axis=1, keepdims=True)  # they add up to 1 in float32 alone"]
        codes = f"{truth}.argmax(axis=1)" if head.one_hot else truth
        classes = f"range({len(self.facts.classes[column_name(target)])})"
        lines += [f"true, guess = {codes}, values.argmax(axis=1)"]
        each = f"np.eye({len(self.facts.classes[column_name(target)])})[true]"  # every class against the rest
        made = {
            "accuracy": "accuracy_score(true, guess)",
            "precision": 'precision_score(true, guess, average="macro", zero_division=0)',
            "recall": 'recall_score(true, guess, average="macro", zero_division=0)',
            "f1": 'f1_score(true, guess, average="macro", zero_division=0)',
            "macro_f1": 'f1_score(true, guess, average="macro", zero_division=0)',
            "weighted_f1": 'f1_score(true, guess, average="weighted", zero_division=0)',
            "roc_auc": f"roc_auc_score({each}, values)",
            "pr_auc": f"average_precision_score({each}, values)",
        }
        made |= {"log_loss": f"log_loss(true, values, labels={classes})"} if probabilities else {}
        return lines + [f"found[{self._key(target, name)}] = {code}" for name, code in made.items()]

    def _report(self, windowed: bool) -> Lines:
        """Return a report of every class of the last part, where there is one class target."""
        head = self.labels.heads[0]
        if self.several or head.task == "regression" or windowed or loss_class(head.loss).endswith("Hinge"):
            return []
        part = self.facts.parts[-1]
        names = [str(label) for label in self.facts.classes[column_name(head.targets[0])]]
        guess = f"model.predict(x_{part}, batch_size={self._rows_at_once()}, verbose=0)"
        logits = bool(head.loss.args.get("from_logits"))
        if head.task == "binary":
            cut = "0" if logits else literal(self.config.evaluate.threshold)
            made, true = f"({guess} >= {cut}).astype(int)", f"y_{part}"
        else:
            made, true = f"{guess}.argmax(axis=1)", f"y_{part}.argmax(axis=1)" if head.one_hot else f"y_{part}"
        return [
            f"guess = {made}",
            f"print(classification_report({true}, guess, target_names={literal(names)}, zero_division=0))",
            f"print(confusion_matrix({true}, guess))",
        ]
