"""Speed and memory, measured and printed; the tests check answers, this room checks cost."""
