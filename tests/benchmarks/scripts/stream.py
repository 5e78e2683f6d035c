"""Regression on 2,000,000 rows: python tests/benchmarks/scripts/stream.py stream.parquet."""

import sys

import keras
import pandas as pd
from keras.layers import Dense
from sklearn.metrics import r2_score, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from stopwatch import Stopwatch

keras.utils.set_random_seed(0)

data = pd.read_parquet(sys.argv[1])
x = data.drop(columns="y")
y = data["y"]
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=0)
x_train, x_val, y_train, y_val = train_test_split(x_train, y_train, test_size=0.2, random_state=0)

scaler = StandardScaler()
x_train = scaler.fit_transform(x_train)
x_val = scaler.transform(x_val)
x_test = scaler.transform(x_test)

model = keras.Sequential([keras.Input((x_train.shape[1],)), Dense(64, activation="relu"), Dense(1)])
model.compile(optimizer="adam", loss="mse")
stopwatch = Stopwatch()
model.fit(x_train, y_train, epochs=3, batch_size=256, validation_data=(x_val, y_val), callbacks=[stopwatch])

model.evaluate(x_test, y_test)
y_pred = model.predict(x_test).ravel()
rmse = root_mean_squared_error(y_test, y_pred)
print("RMSE", rmse, "R2", r2_score(y_test, y_pred))
stopwatch.write((len(x_train), len(x_val), len(x_test)), rmse=rmse)
