"""The verb `drift`: whether what is asked of a served model still looks like what it was trained on."""
