"""How a plan is made: form and energy, functional harmony, emotion to musical cues."""
