"""Who somebody is: passwords, sessions, API tokens, invitations, resets. Knows no HTTP; what one may do is access/'s concern."""
