"""From the resources of Flagger and Argo Rollouts to ours, with a word on everything that has no counterpart."""
