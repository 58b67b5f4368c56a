"""Many submissions: from problem files and hand-ins to marks, one student at a time; no writing, no printing."""
