"""Three steps logged with DVCLive."""

from dvclive import Live

with Live(dir="dvclive", save_dvc_exp=False, dvcyaml=False, report=None) as live:
    live.log_params({"lr": 0.25, "optimizer": {"name": "adam"}})
    for step in range(3):
        live.log_metric("train/loss", 1.0 / (step + 1))
        live.log_metric("val/accuracy", 0.5 + step / 10)
        live.next_step()
