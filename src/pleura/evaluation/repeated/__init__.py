"""What was trained or judged several times in: folds, runs, logs; what they amount to out."""
