"""The rules of the product, without Flask: they take what they need as arguments."""
