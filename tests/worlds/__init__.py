"""The processes that make and keep the world of a trial: namespaces(7) of its own.

__main__   the zygote: it has imported what scenarios need, and forks the keeper of each world
keeper     the first process of a world: it starts, kills, lists and reaps the others
mounts     the file systems of a world
"""
