"""What the transport mpi needs beside MPI itself.

* :mod:`.mpiexec`: how it is found, its command and its environment.
* :mod:`.lines`: what ranks print for the caller beside the sums, and what mpiexec prints of them.
* :mod:`.life`: signs of life, should a host vanish.
* :mod:`.shared_memory`: the names that MPICH leaves.
* :mod:`.pmi`: what a process manager tells a rank before MPI_Init.

Nothing here imports a transport, and in the caller nothing imports mpi4py.
"""
