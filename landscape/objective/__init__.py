"""A user's problem made evaluable: model, loss and data resident on one device."""
