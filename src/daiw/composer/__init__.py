"""The reference composer: music theory as code, one file a part."""
