"""The wire: parameters as they come in, responses as they go out."""
