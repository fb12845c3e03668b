"""What `/docs/testing` shows; our own suite runs each as it stands."""
