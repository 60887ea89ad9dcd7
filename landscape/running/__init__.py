"""Who evaluates: this process, worker processes, any executor, or a Dask cluster."""
