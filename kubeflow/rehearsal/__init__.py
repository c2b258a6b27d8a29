"""Running a compiled pipeline on this machine as the cloud would run it, before money is spent."""
