"""The paper's tables and figures, and what they lack: each a plan, a measurement and its report."""
