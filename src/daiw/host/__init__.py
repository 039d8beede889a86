"""Sound sources and effects behind one Renderer: soundfonts, our synthesizer, hosted plugins."""
