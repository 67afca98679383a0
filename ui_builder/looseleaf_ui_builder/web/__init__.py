"""What every page needs, whatever it shows: who calls, in which language, in which workspace, under which security headers."""
