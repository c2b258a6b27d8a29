"""What others know of a report: its files, and the parameter that says why a run ended early. Imports nothing."""

PAGE, CARD = "report.html", "model_card.md"
USE = "## Use"  # heading of the card's last section, which speaks of the place that the model is in
# The parameter in which a runner says why a run ends early, before it runs this node alone of those that are left.
STOPPED = "stopped"
