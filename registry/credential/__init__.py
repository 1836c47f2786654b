"""What a credential is: the achievement, the learner's row, the Open Badge made of both, its proof and its status."""
