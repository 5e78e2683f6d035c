from dlrun.model.build import build_network
from dlrun.model.describe import LayerRow, layer_rows


def test_rows_of_a_graph(load, shapes):
    config = load("""
        inputs: {wide: [a, b], deep: [c, d, e]}
        layers:
        - Dense: {units: 4, activation: relu}
          name: hidden
          inputs: deep
        - BatchNormalization
        - Concatenate:
          inputs: [wide, batch_normalization]
        - Dense: {units: 1, trainable: false}
    """)
    rows = layer_rows(build_network(config, shapes(wide=(2,), deep=(3,))))
    assert rows == [
        LayerRow("wide", "InputLayer", (None, 2), 0, 0, ()),
        LayerRow("deep", "InputLayer", (None, 3), 0, 0, ()),
        LayerRow("hidden", "Dense", (None, 4), 16, 16, ("deep",)),
        LayerRow("batch_normalization", "BatchNormalization", (None, 4), 16, 8, ("hidden",)),
        LayerRow("concatenate", "Concatenate", (None, 6), 0, 0, ("wide", "batch_normalization")),
        LayerRow("dense", "Dense", (None, 1), 7, 0, ("concatenate",)),
    ]


def test_rows_sum_to_the_models_parameters(load, shapes):
    config = load("layers:\n- LSTM: {units: 8, return_sequences: true}\n- LSTM: 8\n- Dense: 1")
    network = build_network(config, shapes(features=(14, 1)))
    rows, model = layer_rows(network), network.model
    assert [row.parameters for row in rows] == [0, 320, 544, 9]
    assert sum(row.parameters for row in rows) == model.count_params() == 873
    assert rows[1].output_shape == (None, 14, 8)
