"""Two replicas on one machine."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


def on_two_replicas(module: str, expression: str) -> Any:
    """What an expression gives in a process of its own: devices are made before TensorFlow starts.

    Args:
        module: Name of the module whose names it may use.
        expression: Uses ``strategy`` and gives what JSON can hold.
    """
    code = (
        "import json, tensorflow as tf\n"
        "cpu = tf.config.list_physical_devices('CPU')[0]\n"
        "tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)\n"
        f"from {module} import *\n"
        "strategy = tf.distribute.MirroredStrategy(['CPU:0', 'CPU:1'])\n"
        f"print(json.dumps({expression}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=os.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])
