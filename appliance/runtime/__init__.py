"""Starts and stops the parts of `serve`: web, updates, delivery, schedule, and the simulator."""

from appliance.runtime.delivery import delivering
from appliance.runtime.runtime import Runtime

__all__ = ["Runtime", "delivering"]
