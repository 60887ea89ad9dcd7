"""A user's problem made evaluable: model, loss and data resident on one device.

* Data: `data` reads it, `counting` finds its samples, `containers` and `prints` know what batches
  are made of, `cutting` cuts them, `placement` keeps them on the device.
* Model: `private` copies it, with its `functions`; `moving` moves its parameters, `restoring`
  undoes what a pass leaves behind; `batchnorm` and `folding` treat BatchNorm.
* Value: `evaluate` runs the loss in one `precision`; `values` are what it returns; `gradient` and
  `product` (with the Hessian) are its derivatives. What is wrong with a loss say `failures`,
  `determinism` and `outside`, which looks at `operations`.
* Speed: `tune` finds a `tuning` by a `race` of forms whose values are in `agreement`.
"""
