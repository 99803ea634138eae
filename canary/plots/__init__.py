"""Small plots of numbers over time: in the terminal, and as SVG files. They know nothing of rollouts."""
