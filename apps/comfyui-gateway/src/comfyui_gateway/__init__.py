"""The gateway: workflows, media and jobs in front of ComfyUI and FFmpeg."""
