#!/bin/bash
# Many matches as a Slurm array: the index and size of the array are the shard.
#
#   touchline batch plan --input /data/season --out /data/results --shards 64
#   sbatch --export=ALL,STORE=/data/results slurm.sh
#
#SBATCH --job-name=touchline
#SBATCH --array=0-63
#SBATCH --cpus-per-task=2
#SBATCH --mem=8G
#SBATCH --time=12:00:00
#SBATCH --requeue
#SBATCH --signal=B:TERM@120
#SBATCH --open-mode=append
#SBATCH --output=touchline-%A_%a.log

# Two minutes before the end, and where the node is needed for somebody else, Slurm sends SIGTERM to this script. The
# worker stores what its analysis has saved and ends with 75; the task is then queued again and goes on from there.
worker="" stop=""
trap 'stop=yes; [ -z "$worker" ] || kill -TERM "$worker"' TERM
srun --ntasks=1 touchline batch work --out "$STORE" --help-others --scratch "${SLURM_TMPDIR:-/tmp}/touchline" &
worker=$!
[ -z "$stop" ] || kill -TERM "$worker"
code=0
wait "$worker" || code=$?
if [ "$code" -gt 128 ]; then  # the signal ended the wait, not yet the worker
    code=0
    wait "$worker" || code=$?
fi
if [ "$code" -eq 75 ]; then
    scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
fi
exit "$code"
