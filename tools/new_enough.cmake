# Fails where this CMake is older than CMakeLists.txt asks for.
cmake_minimum_required(VERSION 3.20...3.31)
