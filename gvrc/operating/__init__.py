"""What the commands of ``scripts/`` call beside the run itself, and how every command ends."""
