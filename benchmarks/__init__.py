"""Speed, memory and accuracy, measured beside the peers on one machine."""
