# SPDX-License-Identifier: Apache-2.0
"""A trace of one simulated run as a space-time diagram: text, or SVG."""

from chopmark.sim_trace.events import Diagram, Event, diagram
from chopmark.sim_trace.svg import svg
from chopmark.sim_trace.text import lines

__all__ = ["Diagram", "Event", "diagram", "lines", "svg"]
