"""Networks of every form, written with Keras by hand."""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import Input, Model, layers, ops

GRAPHS: dict[str, Callable[[], Model]] = {}


def graph(make: Callable[[], Model]) -> Callable[[], Model]:
    GRAPHS[make.__name__] = make
    return make


@graph
def stack():
    return keras.Sequential([Input((4,)), layers.Dense(8, "relu"), layers.Dropout(0.2), layers.Dense(1)])


@graph
def stack_without_input():
    model = keras.Sequential([layers.Dense(8, activation="gelu", kernel_regularizer=keras.regularizers.L2(0.1))])
    model.build((None, 4))
    return model


@graph
def repeats():
    return keras.Sequential([Input((6,)), *(layers.Dense(6, "tanh") for _ in range(6)), layers.Dense(2)])


@graph
def convolutions():
    x = inputs = Input((16, 16, 3))
    for filters in (4, 8, 8, 16):
        x = layers.Conv2D(filters, (3, 1), strides=1, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.LeakyReLU(negative_slope=0.1)(x)
    x = layers.MaxPooling2D((2, 2))(x)
    x = layers.ZeroPadding2D(((0, 1), (1, 0)))(x)
    return Model(inputs, layers.GlobalAveragePooling2D()(x))


@graph
def residuals():
    x = inputs = Input((6,), name="features")
    for _ in range(3):
        y = layers.Dense(6, activation="relu")(x)
        x = layers.Add()([layers.Dense(6)(y), x])
    return Model(inputs, layers.Dense(1)(x))


@graph
def residuals_that_differ():
    x = inputs = Input((8, 8, 2))
    for filters in (4, 4, 8, 8, 8):
        y = layers.Conv2D(filters, 3, padding="same")(x)
        y = layers.BatchNormalization(epsilon=1e-5)(y)
        y = layers.Conv2D(filters, 3, padding="same")(layers.ReLU()(y))
        x = layers.Add()([layers.Conv2D(filters, 1)(x), y])
    return Model(inputs, layers.Flatten()(x))


@graph
def shared_layer():
    a, b = Input((4,), name="a"), Input((4,), name="b")
    shared = layers.Dense(3, name="leaf")
    return Model([a, b], layers.Concatenate()([shared(a), shared(b), shared(a)]))


@graph
def shared_layer_in_a_chain():
    x = Input((4,))
    shared = layers.Dense(4, activation="tanh")
    return Model(x, layers.Dense(1)(shared(shared(shared(x)))))


@graph
def shared_model():
    a, b = Input((4,), name="left"), Input((4,), name="right")
    encoder = keras.Sequential([Input((4,)), layers.Dense(5, "relu"), layers.Dense(2)], name="encoder")
    return Model([a, b], ops.abs(encoder(a) - encoder(b)))


@graph
def nested_models():
    inner_x = Input((4,))
    inner = Model(inner_x, layers.Dense(3)(layers.Dense(5)(inner_x)), name="inner")
    middle_x = Input((4,))
    middle = Model(middle_x, layers.Add()([inner(middle_x), layers.Dense(3)(middle_x)]), name="middle")
    x = Input((4,))
    return Model(x, layers.Dense(1)(middle(x)))


@graph
def nested_model_of_two_inputs_and_outputs():
    p, q = Input((3,), name="p"), Input((3,), name="q")
    inner = Model([p, q], [layers.Dense(2)(p), layers.Multiply()([p, q])], name="two")
    a, b = Input((3,), name="a"), Input((3,), name="b")
    first, second = inner([b, a])
    return Model([a, b], layers.Concatenate()([second, first]))


@graph
def nested_model_with_named_outputs():
    p = Input((3,))
    inner = Model(p, {"z": layers.Dense(2)(p), "m": layers.Dense(1)(p)})
    x = Input((3,))
    found = inner(x)
    return Model(x, [found["z"], found["m"]])


@graph
def frozen_nested_model():
    p = Input((3,))
    inner = Model(p, layers.BatchNormalization()(layers.Dense(2)(p)))
    inner.trainable = False
    x = Input((3,))
    return Model(x, layers.Dense(1)(inner(x, training=False)))


@graph
def several_outputs():
    x = Input((5,), name="x")
    h = layers.Dense(4, activation="relu", name="h")(x)
    return Model(x, {"price": layers.Dense(1)(h), "sold": layers.Dense(1, activation="sigmoid")(h), "raw": h})


@graph
def the_same_output_twice():
    x = Input((5,))
    h = layers.Dense(4)(x)
    return Model(x, [h, layers.Dense(1)(h), h])


@graph
def an_input_that_is_an_output():
    x = Input((5,))
    return Model(x, [x, layers.Dense(1)(x)])


@graph
def states():
    q, v = Input((5, 4), name="q"), Input((3, 4), name="v")
    _, h, c = layers.LSTM(6, return_state=True)(q)
    return Model([q, v], layers.LSTM(6, return_sequences=True)(v, initial_state=[h, c]))


@graph
def state_of_a_gru_and_its_sequence():
    x = Input((5, 4))
    steps, state = layers.GRU(3, return_sequences=True, return_state=True)(x)
    return Model(x, [layers.GlobalMaxPooling1D()(steps), state])


@graph
def bidirectional_state():
    x = Input((5, 4))
    found = layers.Bidirectional(layers.LSTM(3, return_state=True), merge_mode="sum")(x)
    return Model(x, layers.Concatenate()([found[0], found[1], found[4]]))


@graph
def bidirectional_of_two_layers():
    x = Input((5, 4))
    back = layers.GRU(2, go_backwards=True, return_sequences=True)
    return Model(x, layers.Bidirectional(layers.LSTM(3, return_sequences=True), backward_layer=back)(x))


@graph
def time_distributed():
    x = Input((5, 6))
    inner = keras.Sequential([Input((6,)), layers.Dense(4), layers.Dense(2)])
    return Model(x, layers.TimeDistributed(inner)(layers.TimeDistributed(layers.Dense(6))(x)))


@graph
def cells():
    x = Input((5, 6))
    return Model(x, layers.RNN([layers.LSTMCell(4), layers.GRUCell(3)], return_sequences=True)(x))


@graph
def attention():
    q, v = Input((5, 4), name="q"), Input((7, 4), name="v")
    both = layers.Attention(use_scale=True)([q, v])
    heads = layers.MultiHeadAttention(2, 3)(q, v, key=v)
    itself = layers.MultiHeadAttention(2, 3)(heads, heads, use_causal_mask=True)
    return Model([q, v], layers.LayerNormalization()(layers.Add()([both, itself])))


@graph
def attention_scores():
    x = Input((5, 4))
    found, scores = layers.MultiHeadAttention(2, 3)(query=x, value=x, return_attention_scores=True)
    return Model(x, [found, scores])


@graph
def masks():
    x = Input((6,), dtype="int32", name="words")
    h = layers.Embedding(20, 4, mask_zero=True)(x)
    h = layers.Dropout(0.1)(h)
    return Model(x, layers.LSTM(3)(layers.Bidirectional(layers.LSTM(3, return_sequences=True))(h)))


@graph
def a_mask_by_hand():
    x, keep = Input((5, 4), name="x"), Input((5,), dtype="bool", name="keep")
    return Model([x, keep], layers.GRU(3)(x, mask=keep))


@graph
def masking():
    x = Input((5, 4))
    return Model(x, layers.SimpleRNN(3)(layers.Masking(0.5)(x)))


@graph
def arithmetic():
    a, b = Input((5, 4), name="a"), Input((5, 4), name="b")
    c = 2.0 * a - b / 3.0 + 1
    d = ops.mean(c[:, 1:], axis=1, keepdims=True)
    e = ops.concatenate([c[:, 0], ops.squeeze(d, 1), c[:, -1, ::2]], axis=-1)
    return Model([a, b], ops.reshape(ops.clip(e, -1.0, 1.0), (-1, 5, 2)))


@graph
def more_arithmetic():
    x = Input((6, 4))
    parts = ops.split(x, 3, axis=1)
    y = ops.stack([ops.max(parts[0], axis=1), ops.sum(parts[2], axis=1)], axis=1)
    y = ops.einsum("bij,bkj->bik", y, ops.transpose(ops.swapaxes(x, 1, 2), (0, 2, 1)))
    return Model(x, ops.where(y > 0, ops.softmax(y), ops.exp(-ops.square(y))))


@graph
def always_dropping():
    x = Input((4,))
    return Model(x, layers.Dense(2)(layers.Dropout(0.0)(x, training=True)))


@graph
def types():
    x = Input((4,), dtype="float16", name="half")
    h = layers.Dense(3, dtype="float64", trainable=False, kernel_initializer=keras.initializers.HeNormal(seed=3))(x)
    return Model(x, layers.Activation("swish")(layers.Dense(2, activation=keras.activations.softplus)(h)))


@graph
def frozen_network_of_keras():
    base = keras.applications.MobileNet(weights=None, include_top=False, alpha=0.25, input_shape=(32, 32, 3))
    base.trainable = False
    x = Input((32, 32, 3))
    return Model(
        x, layers.Dense(1)(layers.GlobalAveragePooling2D()(base(layers.Rescaling(1 / 255)(x), training=False)))
    )


@graph
def wide_unet():
    x = inputs = Input((8, 8, 1), name="image")
    skips = []
    for filters in (4, 8):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        skips.append(x)
        x = layers.MaxPooling2D()(x)
    for filters, skip in zip((8, 4), reversed(skips), strict=True):
        x = layers.Concatenate()([layers.UpSampling2D()(x), skip])
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    return Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(x))
