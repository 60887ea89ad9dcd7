"""The main job: trainings x landscapes x statistics x report, resumable."""
