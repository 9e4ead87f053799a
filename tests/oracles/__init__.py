"""Networks and facts that the compiler's are compared with, written without it."""
