"""What a run knows of itself in; a methods paragraph and answers to reporting checklists out."""
